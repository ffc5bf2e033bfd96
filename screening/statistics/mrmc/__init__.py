"""Multi-reader multi-case (MRMC) analyses: several readers read the same cases, possibly with several tests.

Ratings are a float array (tests, readers, cases) with NaN for "not read". Every analysis says which design it found;
one it cannot take is refused with the reason.
"""

from screening.statistics.mrmc.analysis import Analysis as Analysis
from screening.statistics.mrmc.analysis import ReaderDifference as ReaderDifference
from screening.statistics.mrmc.analysis import ReaderValue as ReaderValue
from screening.statistics.mrmc.analysis import TestDifference as TestDifference
from screening.statistics.mrmc.analysis import TestMean as TestMean
from screening.statistics.mrmc.dorfman_berbaum_metz import DorfmanBerbaumMetz as DorfmanBerbaumMetz
from screening.statistics.mrmc.dorfman_berbaum_metz import dorfman_berbaum_metz as dorfman_berbaum_metz
from screening.statistics.mrmc.obuchowski_rockette import Components as Components
from screening.statistics.mrmc.obuchowski_rockette import ObuchowskiRockette as ObuchowskiRockette
from screening.statistics.mrmc.obuchowski_rockette import obuchowski_rockette as obuchowski_rockette
from screening.statistics.mrmc.standalone import StandaloneVsReaders as StandaloneVsReaders
from screening.statistics.mrmc.standalone import standalone_vs_readers as standalone_vs_readers
from screening.statistics.mrmc.u_statistic import UStatistic as UStatistic
from screening.statistics.mrmc.u_statistic import u_statistic as u_statistic
