-- Job $2 starts the app.
update headrace.app_stops set wake_job = $2 where app = $1
