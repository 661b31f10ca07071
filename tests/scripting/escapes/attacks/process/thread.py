# aim: a thread, with a filter of its own
# kind: escape
# source: own
import _thread
return 'BROKEN' if _thread.start_new_thread(lambda: None, ()) else None
