"""`./dev bench`: what the product costs, beside a hand loop and dlt in the same run. See docs/benchmarks.md."""
