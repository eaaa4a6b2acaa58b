"""What a charge point has to send: kept in its durable queue, which is also its record of transactions."""
