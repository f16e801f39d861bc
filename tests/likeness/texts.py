"""Made-up copy in English and Japanese, and what desks make of it."""

WIRE = """The inner harbour will get its ferry line back next spring, six years after
the last boat was taken out of service, the port authority said on Monday. Four
electric boats with room for 240 passengers each have been ordered from a yard on
the northern coast, which is to deliver the first of them in February. The line
will run every 20 minutes between the old customs house and the fish market, with
two stops on the way, and tickets will be those of the city's buses. The authority
puts the cost at 38 million, a third of which is paid by the province. Traders on
both quays had asked for the line since a bridge was closed to lorries. A survey
among 1,900 of their customers found that most would come by boat if they could.
The boats are charged overnight at the old coal pier, where a substation is being
built. Critics on the council say that the winter ice was not thought of, and want
a report before the contract is signed. The vote is planned for the second week of
December, and a majority is expected."""

#: The same, as another paper prints it: a headline of its own, a line before it, a
#: few words changed, and cut from its end.
WIRE_AS_PRINTED = """HARBOUR CITY (Wire) - The inner harbour will get its ferry line
back next spring, six years after the last boat was taken out of service, the port
authority announced on Monday. Four electric boats with room for 240 passengers
each have been ordered from a yard on the northern coast, which is to deliver the
first of them in February. The line will run every 20 minutes between the old
customs house and the fish market, with two stops on the way, and tickets will be
those of the city's buses. The authority puts the cost at 38 million, a third of
which is paid by the province."""

KYODO = """港湾局は20日、内港を結ぶ渡船を来年春に復活させると発表した。運航は6年ぶり。
定員240人の電気推進船4隻を北部の造船所に発注しており、1番船は2月に引き渡される。旧税関と
魚市場の間を20分間隔で結び、途中2カ所に停船する。運賃は市営バスと共通とする。事業費は38億
円で、3分の1を県が負担する。両岸の商店主らは、橋が大型車通行止めとなって以来、渡船の復活を
求めていた。買い物客1900人への調査では、大半が船があれば利用すると答えた。船は旧石炭桟橋で
夜間に充電する。市議会の一部には冬の結氷への備えが足りないとの声があり、契約前の報告を求め
ている。採決は12月の第2週に予定され、可決される見通し。"""

KYODO_AS_PRINTED = """【港湾市共同】港湾局は20日、内港を結ぶ渡船を来年春に復活させると
明らかにした。運航は6年ぶり。定員240人の電気推進船4隻を北部の造船所に発注しており、1番船は2月に
引き渡される。旧税関と魚市場の間を20分間隔で結び、途中2カ所に停船する。運賃は市営バスと共通
とする。事業費は38億円で、3分の1を県が負担する。"""

TEMPLATE = """An earthquake of magnitude {} shook the coast on {} November, the
weather office said. Its focus was {} kilometres below the sea bed and {} kilometres
from the shore. There is no danger of a tsunami. Trains on the coastal line were
stopped for {} minutes and have resumed their service. No damage has been reported
so far. The office asks residents to keep away from slopes and from walls that lean,
to have water and light at hand, and to follow its announcements on the radio and on
its own pages. Shocks of the same strength may follow within a week, as they have
done after a fifth of all earthquakes in this region since records began. Who has
felt the shock is asked to say so by the form on the pages of the office, which puts
its map together from what people tell, and does not answer questions by telephone
in the first hours after an event."""
QUAKES = [
    TEMPLATE.format("5.1", 3, 40, 62, 25),
    TEMPLATE.format("4.6", 14, 10, 118, 50),
]

SCHOOLS = """Schools in the hill districts will open an hour later in winter, the
education board decided after parents had complained of icy roads. Buses will leave
at half past eight instead of half past seven. Lessons that are lost in the morning
are to be made up by shorter breaks and by one long afternoon a week, on which the
sports grounds stay open. The rule holds from December to February and will be
looked at again next summer, when figures on accidents are in."""
