-- Makes the listeners of app $1 those that its current version declares.
select headrace.declare_listeners($1)
