"""Rules for the code of a shop: what its own libraries ask of asyncio code."""

from shop_rules.warehouse_in_coroutine import WarehouseInCoroutine

__all__ = ["WarehouseInCoroutine"]
