# aim: memory behind the allocator's back
# kind: exhaust
# source: own
# ends: threw|memory
import mmap
held = []
while True:
    held.append(mmap.mmap(-1, 1 << 20))
