// sys.exceptions: one class of errors with a code, the same in both languages.
class ScriptException extends Error {
  #code;
  #message;
  #info;

  constructor(code, message, additionalInfo) {
    super();
    this.#code = asText(code ?? "unknownError");
    this.#message = asText(message ?? "");
    this.#info = additionalInfo ?? {};
  }

  static is(error) {
    return typeof error === "object" && error !== null && #code in error;
  }

  static parts(error) {
    return { code: error.#code, message: error.#message, additionalInfo: error.#info };
  }

  code() {
    return this.#code;
  }

  message() {
    return this.#message;
  }

  additionalInfo() {
    return this.#info;
  }

  throw() {
    throw this;
  }

  toString() {
    return `${this.#code}: ${this.#message}`;
  }

  toJSON() {
    return exceptionParts(this);
  }
}
hide(ScriptException.prototype, "name", "ScriptException");
const { is: isScriptException, parts: exceptionParts } = ScriptException;
delete ScriptException.is;
delete ScriptException.parts;

const badRequest = (message, info) => new ScriptException("badRequest", message, info);
const isError = (value) => tagOf(value) === "[object Error]" || value instanceof Error;

function messageOf(error) {
  if (isScriptException(error)) return exceptionParts(error).message;
  if (isError(error)) return asText(error.message);
  return shown(error);
}

// Text for people: text as it is, objects as JSON, whatever JSON does not have as the language shows it.
function shown(value) {
  if (typeof value === "string") return value;
  if (typeof value === "function") return `[function ${asText(value.name)}]`;
  if (typeof value !== "object" || value === null) return asText(value);
  if (isScriptException(value)) return `${exceptionParts(value).code}: ${exceptionParts(value).message}`;
  if (isError(value)) return `${asText(value.name)}: ${asText(value.message)}`;
  if (value instanceof NativeDate) return isFinite(dateTime(value)) ? dateIso(value) : "Invalid Date";
  try {
    return stringify(value) ?? tagOf(value);
  } catch {
    return tagOf(value);
  }
}

const exceptions = {
  ScriptException,
  getCode: (error) => (isScriptException(error) ? exceptionParts(error).code : null),
  getMessage: messageOf,
  getAdditionalInfo: (error) => (isScriptException(error) ? exceptionParts(error).additionalInfo : {}),
  throwException(code, message, additionalInfo) {
    throw new ScriptException(code, message, additionalInfo);
  },
};
