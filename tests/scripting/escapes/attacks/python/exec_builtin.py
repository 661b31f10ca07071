# aim: exec
# kind: escape
# source: pyjail classic
out = []
exec("out.append('BROKEN')", {'out': out})
return out[0]
