# aim: the same through the unbound method
# kind: escape
# source: CVE-2023-41039
return 'BROKEN' + str.format('{0.__class__}', 1)
