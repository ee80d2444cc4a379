"""Alerts: what people should know of, told once for each cause, by e-mail and by signed webhooks.

`watching.look` compares what stands in the rows with what was told; nothing is raised while records are carried. A
further cause is one more generator in `causes.standing`.
"""
