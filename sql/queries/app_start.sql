-- App $1 is not stopped any more; no row if it was not. Waits for those that set its jobs aside right now.
delete from headrace.app_stops where app = $1 returning sleeping
