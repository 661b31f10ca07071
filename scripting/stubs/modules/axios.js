// axios 1.7 as far as a job needs it: the host sends the requests (call http.request), one after the other.
const { call, shown, unveil } = inner;
const { isArray } = Array;
const { keys, assign, entries } = Object;
const OPTIONS = `url method baseURL headers params paramsSerializer data auth responseType responseEncoding timeout
  timeoutErrorMessage maxRedirects maxContentLength maxBodyLength validateStatus transformRequest
  transformResponse decompress`.split(/\s+/);
const RESPONSE_TYPES = ["json", "text", "arraybuffer"];
const WITH_BODY = ["post", "put", "patch"];
const FORM = "application/x-www-form-urlencoded";
const isObject = (value) => typeof value === "object" && value !== null;
const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);
const hidden = (object, name, value) => Object.defineProperty(object, name, { value, writable: true, configurable: true });

class AxiosError extends Error {
  constructor(message, code, config, request, response) {
    super(message);
    if (code) this.code = code;
    hidden(this, "config", config);
    hidden(this, "request", request);
    if (response) {
      hidden(this, "response", response);
      this.status = response.status;
    }
  }

  toJSON() {
    const { url, method, baseURL } = this.config ?? {};
    const { message, name, code, status, stack } = this;
    return { message, name, stack, config: { url, method, baseURL }, code: code ?? null, status: status ?? null };
  }
}
hidden(AxiosError.prototype, "name", "AxiosError");
hidden(AxiosError.prototype, "isAxiosError", true);
for (const code of `ERR_BAD_OPTION ERR_BAD_OPTION_VALUE ERR_BAD_REQUEST ERR_BAD_RESPONSE ERR_NETWORK ERR_INVALID_URL
  ERR_FR_TOO_MANY_REDIRECTS ERR_HOST_NOT_ALLOWED ECONNABORTED ETIMEDOUT`.split(/\s+/)) {
  AxiosError[code] = code;
}

function refuseUnknown(config) {
  for (const name of keys(config)) {
    if (!OPTIONS.includes(name) && config[name] !== undefined) {
      throw new AxiosError(`axios: ${name} is not served here; known: ${OPTIONS.join(", ")}`, "ERR_BAD_OPTION", config);
    }
  }
}

// Names of headers in any case are one header; the later wins.
function mergeHeaders(...all) {
  const merged = {};
  for (const headers of all) {
    for (const [name, value] of entries(headers ?? {})) {
      const known = keys(merged).find((each) => each.toLowerCase() === name.toLowerCase());
      if (known !== undefined) delete merged[known];
      if (value !== undefined && value !== null && value !== false) merged[name] = `${value}`;
    }
  }
  return merged;
}

const headerOf = (headers, wanted) => entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];

const escape = (text) =>
  encodeURIComponent(text)
    .replace(/%3A/gi, ":")
    .replace(/%24/g, "$")
    .replace(/%2C/gi, ",")
    .replace(/%20/g, "+")
    .replace(/%5B/gi, "[")
    .replace(/%5D/gi, "]");

function pairs(value, name = "") {
  if (value === undefined || value === null) return [];
  if (value instanceof Date) return [[name, value.toISOString()]];
  if (!isObject(value)) return [[name, `${value}`]];
  if (isArray(value)) return value.flatMap((item, at) => pairs(item, isObject(item) ? `${name}[${at}]` : `${name}[]`));
  return keys(value).flatMap((key) => pairs(value[key], name ? `${name}[${key}]` : key));
}

const encodeForm = (value, encode = escape) =>
  pairs(value)
    .map(([name, text]) => `${encode(name)}=${encode(text)}`)
    .join("&");

function addressOf({ url, baseURL, params, paramsSerializer }) {
  const isWhole = /^[a-z][a-z\d+\-.]*:/i.test(url ?? "");
  const address =
    baseURL && !isWhole ? (url ? `${baseURL.replace(/\/+$/, "")}/${url.replace(/^\/+/, "")}` : baseURL) : (url ?? "");
  const serialize = typeof paramsSerializer === "function" ? paramsSerializer : paramsSerializer?.serialize;
  const query = params ? (serialize ? serialize(params) : encodeForm(params, paramsSerializer?.encode)) : "";
  if (!query) return address;
  const bare = address.split("#")[0];
  return `${bare}${bare.includes("?") ? "&" : "?"}${query}`;
}

function base64(bytes) {
  const view = bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let index = 0; index < view.length; index += 1) text += String.fromCharCode(view[index]);
  return btoa(text);
}

function bytesOf(text) {
  const plain = atob(text);
  const bytes = new Uint8Array(plain.length);
  for (let index = 0; index < plain.length; index += 1) bytes[index] = plain.charCodeAt(index);
  return bytes.buffer;
}

const listOf = (value) => (value === undefined || value === null ? [] : isArray(value) ? value : [value]);

// The body as text or bytes, and the headers that say what it is.
function bodyOf(config, given) {
  let { data } = config;
  for (const transform of listOf(config.transformRequest)) data = transform.call(config, data, given);
  if (data === undefined || data === null) return { headers: given };
  if (isBytes(data)) return { bytes: base64(data), headers: mergeHeaders({ "Content-Type": FORM }, given) };
  const type = headerOf(given, "content-type") ?? "";
  if (type.startsWith(FORM) && isObject(data)) return { text: encodeForm(data), headers: given };
  if (typeof data !== "string" || type.startsWith("application/json")) {
    const text = typeof data === "string" && isJson(data) ? data : JSON.stringify(data);
    return { text, headers: mergeHeaders({ "Content-Type": "application/json" }, given) };
  }
  return { text: data, headers: mergeHeaders({ "Content-Type": FORM }, given) };
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function dataOf(reply, config) {
  let data = reply.bytes === undefined ? unveil(reply.text) : bytesOf(reply.bytes);
  if (config.transformResponse !== undefined) {
    for (const transform of listOf(config.transformResponse)) data = transform.call(config, data, reply.headers, reply.status);
    return data;
  }
  const wantsJson = config.responseType === undefined || config.responseType === "json";
  // Parsed before its marks are resolved: a value may have what JSON would have to escape.
  return wantsJson && reply.text && isJson(reply.text) ? unveil(JSON.parse(reply.text)) : data;
}

function check(config) {
  refuseUnknown(config);
  if (config.responseType !== undefined && !RESPONSE_TYPES.includes(config.responseType)) {
    const message = `axios: responseType ${shown(config.responseType)} is not served here; known: ${RESPONSE_TYPES.join(", ")}`;
    throw new AxiosError(message, "ERR_BAD_OPTION_VALUE", config);
  }
  const size = isBytes(config.data) ? config.data.byteLength : typeof config.data === "string" ? config.data.length : 0;
  if (config.maxBodyLength > -1 && size > config.maxBodyLength) {
    throw new AxiosError("Request body larger than maxBodyLength limit", "ERR_BAD_REQUEST", config);
  }
}

function authorized(headers, auth) {
  if (!auth) return headers;
  const pair = unescape(encodeURIComponent(`${auth.username ?? ""}:${auth.password ?? ""}`));
  return mergeHeaders(headers, { Authorization: `Basic ${btoa(pair)}` });
}

async function send(config) {
  check(config);
  const { text, bytes, headers } = bodyOf(config, authorized(mergeHeaders(config.headers), config.auth));
  const reply = call("http.request", [
    {
      method: config.method.toUpperCase(),
      url: addressOf(config),
      headers,
      text: text ?? null,
      bytes: bytes ?? null,
      binary: config.responseType === "arraybuffer",
      timeout: config.timeout || null,
      maxRedirects: config.maxRedirects ?? null,
      maxContentLength: config.maxContentLength > -1 ? config.maxContentLength : null,
    },
  ]);
  if (reply.error) {
    const { code, message } = unveil(reply.error);
    const timedOut = code === "ECONNABORTED" && config.timeoutErrorMessage;
    throw new AxiosError(timedOut ? config.timeoutErrorMessage : message, code, config, {});
  }
  return settle(reply, config);
}

function settle(reply, config) {
  const { status, statusText } = reply;
  const response = { data: dataOf(reply, config), status, statusText, headers: unveil(reply.headers) };
  hidden(response, "config", config);
  hidden(response, "request", { responseURL: unveil(reply.url) });
  const { validateStatus } = config;
  if (!validateStatus || validateStatus(status)) return response;
  const code = status >= 400 && status < 500 ? "ERR_BAD_REQUEST" : "ERR_BAD_RESPONSE";
  throw new AxiosError(`Request failed with status code ${status}`, code, config, response.request, response);
}

const DEFAULTS = {
  headers: { common: { Accept: "application/json, text/plain, */*" } },
  validateStatus: (status) => status >= 200 && status < 300,
};
const GROUPS = ["common", "get", "delete", "head", "options", "post", "put", "patch"];

function merged(defaults, given) {
  const method = (given.method ?? defaults.method ?? "get").toLowerCase();
  const grouped = defaults.headers ?? {};
  const own = Object.fromEntries(entries(grouped).filter(([name]) => !GROUPS.includes(name)));
  const headers = mergeHeaders(grouped.common, grouped[method], own, given.headers);
  const params = isObject(defaults.params) ? assign({}, defaults.params, given.params) : given.params;
  const named = Object.fromEntries(entries(given).filter(([, value]) => value !== undefined));
  return assign({}, defaults, named, { method, headers, params });
}

function make(defaults) {
  const request = async (first, second) => {
    const given = typeof first === "string" ? assign({}, second, { url: first }) : (first ?? {});
    return send(merged(instance.defaults, given));
  };
  const instance = (first, second) => request(first, second);
  instance.defaults = defaults;
  instance.request = request;
  instance.getUri = (config) => addressOf(merged(instance.defaults, config ?? {}));
  for (const method of ["get", "delete", "head", "options"]) {
    instance[method] = (url, config) => request(assign({}, config, { method, url }));
  }
  for (const method of WITH_BODY) {
    instance[method] = (url, data, config) => request(assign({}, config, { method, url, data }));
  }
  instance.create = (config) => {
    const next = assign({}, instance.defaults, config);
    next.headers = assign({}, instance.defaults.headers, config?.headers);
    next.headers.common = assign({}, instance.defaults.headers?.common, config?.headers?.common);
    return make(next);
  };
  return instance;
}

const axios = make(DEFAULTS);
axios.AxiosError = AxiosError;
axios.isAxiosError = (value) => isObject(value) && value.isAxiosError === true;
axios.all = (promises) => Promise.all(promises);
axios.spread = (callback) => (list) => callback(...list);
axios.default = axios;
module.exports = axios;
