# aim: a class without the policy's metaclass
# kind: escape
# source: pyjail classic
return type('A', (), {'x': 'BROKEN'}).x
