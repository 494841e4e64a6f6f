"""What is published: marts without a cell that could tell on somebody, over all tables together (R7, R43).

The attacker knows this rule, every published row of every day, and the visits of up to three visitors. It must not learn the
exact visitors or views of a group of fewer than k visitors of a day, nor that a group that is not empty has fewer than k/2.

Everything is per day, site and *side*: logged-in views are published as if there were no casual ones, and the other way
round; rows of one name are added up. A side of fewer than k visitors is in no table. For each side:

1. Cells are compared within their *parent*: countries of the day, regions of a country; devices, then systems of a device,
   then browsers of a device and system; all pages, hosts, or missing paths of the day. Cells below k are *small* and merge
   into `other` with the next smallest until it has k visitors and two members and `audit` passes; else the whole parent merges.
2. Every table of a side adds up to the same views, and tables of places and agents to the same visitors.
3. `agent_daily` shows three sums of one table nested by device, system and browser. That agents imply one another (macOS is
   a desktop's) is common knowledge; whatever is subtracted of these sums is a sum of groups that may all be shown. A name
   has there only those of its visitors who are no rare combination.
4. Where one visitor may be in several cells, the visitors *not* in a row can be subtracted, for the day's are known. Where
   they are 1 to k-1, the row says k fewer than the day has. On a day of fewer than 2k it cannot, and rows are shown only
   that everybody is in.
5. How many members `other` has is not told: ten visitors in eight groups would be three in each at most.

Why tables cannot be used against one another: take the real world and let a visitor of one member of an `other` be one of
another member. No other row of no other table changes, and both members do occur within their parent, so nothing that is
known of how columns hang together speaks against it. Hence what the attacker can tell of a member it can tell from that
one table, and there the audit leaves two values at least. That the member may have k/2 visitors holds for k of 6 or more:
of the k visitors in `other` the attacker knows three, and the rest may all be in any one of its members.

A published day changes by fewer than k visitors with the month only, see `epochs`.
"""

from warehouse.releases.publish import Cells, Published, publish

__all__ = ["Cells", "Published", "publish"]
