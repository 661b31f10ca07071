# aim: the same through format_map
# kind: escape
# source: CVE-2023-41039
return 'BROKEN' + '{a.__class__}'.format_map({'a': 1})
