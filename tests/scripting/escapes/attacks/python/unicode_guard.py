# aim: a guard's name in letters that NFKC makes plain
# kind: escape
# source: pyjail (unicode identifiers)
_𝔤etattr_ = 1
return 'BROKEN' if _getattr_ else None
