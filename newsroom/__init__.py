"""The project: settings and wiring. No rule of the domain lives here."""

__version__ = "0.1.0"
