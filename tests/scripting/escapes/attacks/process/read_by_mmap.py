# aim: a file, mapped into memory
# kind: escape
# source: own
import mmap, os
return mmap.mmap(os.open('@SECRET_FILE@', os.O_RDONLY), 0, prot=mmap.PROT_READ)[:].decode()
