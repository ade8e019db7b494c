DROP TABLE shipment_events;
DROP TABLE disputes;
DROP TABLE order_intents;
DROP TABLE order_deliveries;
DROP TABLE order_lines;
DROP TABLE orders;
