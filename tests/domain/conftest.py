"""How Hypothesis runs here."""

from hypothesis import settings

# A busy machine must not make a correct test fail; what takes long shows in the whole run's time.
settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
