"""The product's heart in pure Python: records, rules, the one decision, and how batches are carried."""
