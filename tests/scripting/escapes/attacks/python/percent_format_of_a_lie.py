# aim: % with a mapping that looks attributes up
# kind: escape
# source: own
class Lie:
    def __getitem__(self, key):
        return getattr('', key)
return 'BROKEN' + '%(__class__)s' % Lie()
