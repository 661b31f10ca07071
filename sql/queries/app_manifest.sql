-- What a version declares.
select manifest from headrace.app_versions where app = $1 and version = $2
