// Values that a script may see and nobody else: the host keeps them under marks. Whatever leaves the script (arguments
// of calls, results, errors) has the mark in place of the value, so it is in no log, no journal and no results.
// This guards against carelessness, not against the script: it may always write a value down in another form.
let concealed = [];
let installed = null;

// {values, marks: [[mark, value], …]}, the longest value first.
function conceal(given) {
  installed = given.values;
  concealed = given.marks;
}

function veil(text) {
  let veiled = text;
  for (let index = 0; index < concealed.length; index += 1) {
    const [mark, value] = concealed[index];
    if (indexOfText(veiled, value) >= 0) veiled = joinList(splitText(veiled, value), mark);
  }
  return veiled;
}

function unveilText(text) {
  let plain = text;
  for (let index = concealed.length - 1; index >= 0; index -= 1) {
    const [mark, value] = concealed[index];
    if (indexOfText(plain, mark) >= 0) plain = joinList(splitText(plain, mark), value);
  }
  return plain;
}

// JSON with its values in place of their marks.
function unveil(value) {
  if (concealed.length === 0) return value;
  if (typeof value === "string") return unveilText(value);
  if (typeof value !== "object" || value === null) return value;
  const made = isArray(value) ? [] : {};
  const names = keys(value);
  for (let index = 0; index < names.length; index += 1) made[unveilText(names[index])] = unveil(value[names[index]]);
  return made;
}
