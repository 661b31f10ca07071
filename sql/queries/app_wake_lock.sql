-- How an app is stopped, locked: of the calls that find it asleep one makes the job that starts it.
select sleeping, wake_job from headrace.app_stops where app = $1 for update
