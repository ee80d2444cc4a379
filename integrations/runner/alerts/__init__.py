"""Alerts: what people should know of, told once for each cause, by e-mail and by signed webhooks.

`watching.look` compares what stands in the rows with what was told; nothing is raised while records are carried. A part
of the product that knows of a cause itself calls `watching.raise_cause` and `watching.end_cause`.
"""
