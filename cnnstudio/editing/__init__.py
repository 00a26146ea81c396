"""How a network is changed, and how a change is told: functions from graph to graph. Knows no Qt."""
