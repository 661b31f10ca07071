# aim: eval as a decorator, fed by the class's name
# kind: escape
# source: pyjail (decorators without calls)
@eval
@(lambda cls: "'BRO' + 'KEN'")
class A: pass
return A
