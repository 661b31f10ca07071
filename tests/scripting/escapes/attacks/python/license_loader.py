# aim: files through site's license
# kind: escape
# source: pyjail (license._Printer__filenames)
license._Printer__filenames = ['@SECRET_FILE@']
return 'BROKEN' if license else None
