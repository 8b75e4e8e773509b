"""What an operator watches: counts, traces, dashboard and alerts."""
