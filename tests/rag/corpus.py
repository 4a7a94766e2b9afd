"""A small corpus about invented places, so that no answer can come from anywhere else."""

from __future__ import annotations

LIGHTHOUSE = """# The lighthouse of Karsund

The lighthouse of Karsund was built in 1874 by the engineer Ingrid Solberg. It stands 41 metres high on the
northern cliff of the island. Its lamp was lit with whale oil until 1902, when electric light replaced it.

The keeper lived in a stone house beside the tower. In winter the sea froze, and supplies came by sledge.
"""

BAKERY = """# The bakery of Oltre

The bakery of Oltre bakes rye bread in a wood-fired oven. The recipe uses three parts rye and one part wheat.
The dough rests for eighteen hours before it is baked. On market days the bakery sells four hundred loaves.
"""

OBSERVATORY = """# The observatory of Tamsin

The observatory of Tamsin holds a refracting telescope made of brass. Astronomers there discovered the comet Vell in
1931. The dome is opened by hand with a crank, which takes six minutes.
"""

UNICODE = """# Grüße 👩‍🚀 aus Ålesund

The cosmonaut café 👩‍🚀☕ in Ålesund was opened by Żaneta Wójcik in 1998. הבית הלבן נמצא ליד הים 🌊 והוא גבוה.
The sign above its door says “🚀 Добро пожаловать” in blue letters.
"""
