# aim: eval
# kind: escape
# source: pyjail classic
return eval("'BRO' + 'KEN'")
