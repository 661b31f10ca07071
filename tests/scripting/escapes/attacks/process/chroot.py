# aim: out of a root by another
# kind: escape
# source: chroot escape classic
import os
try:
    os.chroot('@MARK@.absent')
except (FileNotFoundError, PermissionError) as error:
    return 'BROKEN' if error.errno in (1, 2) else None
