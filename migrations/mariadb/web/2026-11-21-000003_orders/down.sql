DROP TABLE IF EXISTS shipment_events;
DROP TABLE IF EXISTS disputes;
DROP TABLE IF EXISTS order_intents;
DROP TABLE IF EXISTS order_deliveries;
DROP TABLE IF EXISTS order_lines;
DROP TABLE IF EXISTS orders;
