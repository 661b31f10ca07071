"""A broker that speaks AMQP 0.9.1, such as RabbitMQ; needs the package's extra `amqp`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.db.pool import hide_password
from engine.errors import ConfigError
from engine.worker.outbox import BrokerGone

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractMessage

SEND_S = 30.0


class AmqpBroker:
    """One connection, made when it is first needed, and again after it broke."""

    def __init__(self, url: str) -> None:
        try:
            import aio_pika
        except ImportError:
            raise ConfigError("amqp_url: a broker needs the package aio-pika: install headrace[amqp]") from None
        self._library = aio_pika
        self._url = url
        self._lock = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}

    async def send(self, message: Mapping[str, Any]) -> str | None:
        """None when the broker has confirmed the message; an exchange that is not there is a refusal."""
        errors = self._library.exceptions
        try:
            exchange = await self._exchange(message["exchange"])
            if exchange is None:
                return f"there is no exchange {message['exchange']!r}"
            await exchange.publish(self._sent(message), message["routing_key"], mandatory=False, timeout=SEND_S)
        except errors.DeliveryError as error:
            return f"the broker does not take it: {error}"
        except (*errors.CONNECTION_EXCEPTIONS, TimeoutError, ValueError) as error:
            self._exchanges.clear()
            raise BrokerGone(f"{hide_password(self._url)}: {str(error) or type(error).__name__}") from error
        return None

    def _sent(self, message: Mapping[str, Any]) -> AbstractMessage:
        return self._library.Message(
            json.dumps(message["message"], ensure_ascii=False, separators=(",", ":")).encode(),
            content_type="application/json",
            delivery_mode=self._library.DeliveryMode.PERSISTENT,
            message_id=str(message["id"]),
            timestamp=message["created_at"],
            app_id=message["app"],
            type=message["topic"],
        )

    async def _exchange(self, name: str) -> AbstractExchange | None:
        """The exchange, known to be there; None if it is not."""
        async with self._lock:
            channel = await self._open()
            if not name:
                return channel.default_exchange
            if name not in self._exchanges and await self._is_there(name):
                self._exchanges[name] = await channel.get_exchange(name, ensure=False)
            return self._exchanges.get(name)

    async def _open(self) -> AbstractChannel:
        if self._connection is None or self._connection.is_closed:
            self._connection = await self._library.connect(self._url, timeout=SEND_S)
            self._channel = None
        if self._channel is None or self._channel.is_closed:
            self._exchanges.clear()
            self._channel = await self._connection.channel(publisher_confirms=True)
        return self._channel

    async def _is_there(self, name: str) -> bool:
        """Asked on a channel of its own: the broker closes the one on which the answer is no, and all that is on it."""
        assert self._connection is not None
        channel = await self._connection.channel()
        try:
            await channel.get_exchange(name, ensure=True)
        except self._library.exceptions.ChannelNotFoundEntity:
            return False
        else:
            await channel.close()
            return True
