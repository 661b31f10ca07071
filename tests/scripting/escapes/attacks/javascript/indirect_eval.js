// aim: code at the top, outside of the wrapper
// kind: escape
// source: own
return (0, eval)('typeof hostCall === "function" || typeof call === "function" ? "BROKEN" : null');
