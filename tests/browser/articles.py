"""Texts for pictures: what jobs of a newsroom and its neighbours could hold."""

from typing import Final

BRIEF: Final = """Tidal power could give the country **about 11 %** of its electricity by 2035
([Marine energy outlook](https://energy.example/outlook)).

- Lagoons need the longest to plan and last the longest.
- Turbines in the stream are cheaper to try.

The costs are not known well.
"""
BRIEF_AGAIN: Final = """Tidal power could give the country **8 to 11 %** of its electricity by 2035
([Marine energy outlook](https://energy.example/outlook)). It is the only
renewable source whose output is known years ahead
([Tables of the tides](https://tides.example/tables)).

| way | by 2035 | cost per MWh |
|---|--:|--:|
| lagoons | 4 to 5 % | 150 to 190 |
| streams | 3 to 4 % | 110 to 180 |
| barrages | 1 to 2 % | 90 to 140 |

## What holds it back

- Lagoons need *twelve years* from plan to power; two are past their hearings.
- Turbines in the stream are cheaper to try, and wear out sooner than hoped
  ([Six winters at sea](https://wear.example/winters)).
- Nobody has insured a barrage since 2019.

## What to watch

The auction in March sets the price for the next five years.
"""
HEAT: Final = """Heat pumps work in old houses where the flow stays below 55 °C ([Field test](https://heat.example/test)).
"""
CABLES: Final = """Four owners hold two thirds of the cables that were laid since 2015 ([Cable map](https://cables.example/map)).
"""
HARBOUR: Final = """The dues of the second quarter come to 184,200, up by 3 % ([Ledger](https://harbour.example/ledger)).
"""
LETTER: Final = """We answer your letter of 3 March as follows: the records are kept for ten years.
"""
