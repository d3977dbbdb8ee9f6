"""Which VM runs on which host: a pure planner over plain values. It knows neither PromQL nor the view."""
