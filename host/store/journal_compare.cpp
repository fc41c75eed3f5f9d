#include "store/journal_compare.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "store/journal_file.hpp"
#include "store/journal_rows.hpp"
#include "store/operator_rows.hpp"
#include "store/restored_row.hpp"
#include "store/row_words.hpp"

namespace bowline::store {
namespace {

using nlohmann::json;

struct Beyond {
  std::string_view kind, why;
};
/// Kinds that a command leads to: of a journal that has the command itself, a re-run has them too.
constexpr auto of_commands = std::to_array<Beyond>({
    {journal_kind::command, "an operator ordered a trade"},
    {journal_kind::close, "an operator closed a position"},
    {journal_kind::inventory, "an operator moved inventory"},
    {journal_kind::product_state, "an operator set the state of a product"},
    {journal_kind::lock, "an operator locked or unlocked a product"},
    {journal_kind::reclassify, "an operator named a change of a balance otherwise"},
    {journal_kind::adoption, "an operator took over what the venue tells"},
});
/// Kinds that come from outside whatever they say.
constexpr auto from_outside = std::to_array<Beyond>({
    {journal_kind::emergency, "an emergency liquidation"},
    {journal_kind::external, "somebody else has an order in the account"},
    {journal_kind::flow, "a balance changed without a trade"},
    {journal_kind::journal, "the journal could not be written for a while"},
});
constexpr std::string_view restarted = "the run was started again here",
                           restored = "the journal was put back from a backup here, and order ids are others from there on", latched = "an operator, or the latch, set the trading state",
                           in_a_step = "it came while several processes were in the middle of a step";

std::string_view why_in(std::span<const Beyond> all, std::string_view kind) {
  const auto known = std::find_if(all.begin(), all.end(), [kind](const Beyond& b) { return b.kind == kind; });
  return known != all.end() ? known->why : std::string_view();
}

std::string text_of(const json& all, const char* key) {
  const auto it = all.is_object() ? all.find(key) : all.end();
  return it != all.end() && it->is_string() ? it->get<std::string>() : std::string();
}

json parsed(std::string_view payload) { return json::parse(payload, nullptr, false); }

/// The host goes on from a journal: its second beginning, a restore in front of it, and orders whose answers were lost with the process
/// before.
bool of_next_process(const JournalRow& row) {
  if (row.kind == journal_kind::begin) return row.row != 1;
  if (row.kind == journal_kind::restored) return true;
  const std::string_view event = core::to_string(core::OrderEvent::restarted);
  // Most rows are of orders and few of them say this: only those are taken apart.
  return row.kind == journal_kind::order && row.payload.find(event) != row.payload.npos && text_of(parsed(row.payload), "event") == event;
}

Error of_file(const std::filesystem::path& file, const JournalRow& at, Error why) {
  if (why.code == "JOURNAL_CHAIN" || why.code == "JOURNAL_ROW")
    why.message = "journal " + file.string() + ", row " + std::to_string(at.row) + ": " + why.message;
  return why;
}

Result<bool> next_of(JournalFile& file, const std::filesystem::path& path) {
  auto more = file.next();
  if (!more) return of_file(path, file.row(), more.error());
  return more;
}

bool same(const JournalFile& a, const JournalFile& b) {
  const JournalRow &x = a.row(), &y = b.row();
  return x.kind == y.kind && x.time == y.time && x.payload == y.payload && a.head() == b.head();
}

/// An end decides nothing: it cancels what rests, and books what the venue still says.
bool may_end_with(std::string_view kind) {
  return kind != journal_kind::begin && kind != journal_kind::balance && kind != journal_kind::sizing && kind != journal_kind::intent;
}

JournalLine line_of(const JournalRow& r) { return {std::string(r.kind), std::string(r.payload), r.time}; }

/// What a person looks at first. In a journal that has no command as it was asked some show only by what they led to.
std::string hint(const JournalRow& recorded, const JournalRow* again, bool asked) {
  if (asked) return {};
  const json was = parsed(recorded.payload);
  if (recorded.kind == journal_kind::order && text_of(was, "event") == core::to_string(core::OrderEvent::cancel_sent))
    return "an operator's cancel of one order looks like this: see the audit of the recorded run";
  if (recorded.kind == journal_kind::target && text_of(was, "purpose") == core::to_string(core::Purpose::rebalance))
    return "a plan that an operator commanded looks like this: see the audit of the recorded run";
  if (again == nullptr || again->kind != recorded.kind || again->time != recorded.time) return {};
  json now = parsed(again->payload), then = was;
  if (!now.is_object() || !then.is_object() || !now.contains("seq") || !then.contains("seq")) return {};
  now.erase("seq");
  then.erase("seq");
  return now == then ? "only the numbering differs: a command that was refused, or a dry run, is numbered and has no row" : "";
}

}  // namespace

std::string_view beyond_rerun(const JournalRow& row, bool asked) {
  if (row.kind == journal_kind::restored) return restored;
  if (of_next_process(row)) return restarted;
  if (const std::string_view why = why_in(from_outside, row.kind); !why.empty()) return why;
  if (const std::string_view why = why_in(of_commands, row.kind); !why.empty()) return asked ? std::string_view() : why;
  const json all = parsed(row.payload);
  if (row.kind == journal_kind::asked || row.kind == journal_kind::tick) return all.is_object() && all.value("within", false) ? in_a_step : std::string_view();
  if (row.kind == journal_kind::state) {
    // What the host itself tightens, the same run tightens again; but for what an earlier process left in the folder.
    if (text_of(all, "who") != "host") return asked ? std::string_view() : latched;
    return text_of(all, "why") == an_instance_is_quarantined ? an_instance_is_quarantined : std::string_view();
  }
  if (row.kind == journal_kind::order) return text_of(all, "text") == held_back_by_latch ? latched : std::string_view();
  if (row.kind != journal_kind::intent && row.kind != journal_kind::sizing && row.kind != journal_kind::target) return {};
  const std::string purpose = text_of(all, "purpose");
  if (purpose == core::to_string(core::Purpose::operator_order)) return asked ? std::string_view() : "an operator wanted it";
  return purpose == core::to_string(core::Purpose::emergency) ? "an emergency liquidation" : std::string_view();
}

Result<JournalExtent> measure_journal(const std::filesystem::path& path) {
  auto file = JournalFile::open(path);
  if (!file) return file.error();
  JournalExtent extent;
  auto stamp = file->stamp();
  if (!stamp) return stamp.error();
  extent.stamp = std::move(*stamp);
  bool over = false;  // the first process has ended
  for (;;) {
    const auto more = next_of(*file, path);
    if (!more) return more.error();
    if (!*more) return extent;
    const JournalRow& row = file->row();
    ++extent.rows;
    over = over || of_next_process(row);
    if (over) continue;
    ++extent.first;
    if (row.kind == journal_kind::step) {
      const auto step = read_step(row.payload);
      if (!step) return of_file(path, row, step.error());
      extent.settled = std::max(extent.settled, step->settled);
    } else if (row.kind == journal_kind::asked || row.kind == journal_kind::tick) {
      auto input = read_input(row.kind, row.payload);
      if (!input) return of_file(path, row, input.error());
      extent.inputs.push_back({std::move(*input), row.row});
    } else if (row.kind == journal_kind::end) {
      extent.settled = std::max(extent.settled, row.time);
      extent.whole = text_of(parsed(row.payload), "end") == "end_of_data";
      over = true;
    }
  }
}

Result<JournalComparison> compare_journals(const std::filesystem::path& recorded, const JournalExtent& extent, const Rerun& again) {
  using Behind = Rerun::Behind;
  auto a = JournalFile::open(recorded);
  if (!a) return a.error();
  auto b = JournalFile::open(again.file);
  if (!b) return b.error();
  JournalComparison c;
  c.head = hex(a->head());
  const auto part_at = [&](const JournalRow& row, std::string_view why) {
    c.result = Agreement::part;
    c.row = row.row;
    c.why = why;
    c.recorded = line_of(row);
    return c;
  };
  const bool asked = std::any_of(extent.inputs.begin(), extent.inputs.end(), [](const RecordedInput& i) { return std::holds_alternative<AskedRow>(i.input); });
  bool apart = false;  // behind the last settled step they have parted: what is left is the recorded run's own end
  for (std::uint64_t n = 1;; ++n) {
    const bool counts = again.behind == Behind::all || n <= again.settled_rows;
    if (!counts && again.behind == Behind::nothing) return c;
    const auto had = next_of(*a, recorded);
    if (!had) return had.error();
    // Rows of a later process are no news to a re-run of the first one, however they look.
    if (*had && n > extent.first) return part_at(a->row(), a->row().kind == journal_kind::restored ? restored : restarted);
    auto has = apart ? Result<bool>(false) : next_of(*b, again.file);
    if (!has) return has.error();
    if (!*had && (!*has || !counts)) return c;  // rows of the re-run beyond do not count
    if (*had && *has && same(*a, *b)) {
      ++c.rows;
      if (a->row().kind == journal_kind::intent) ++c.decisions;
      c.head = hex(a->head());
      continue;
    }
    if (*had) {
      if (const std::string_view why = beyond_rerun(a->row(), asked); !why.empty()) {
        if (*has) c.again = line_of(b->row());
        return part_at(a->row(), why);
      }
      if (!counts && may_end_with(a->row().kind)) {
        apart = true;
        ++c.own_end;
        continue;
      }
    }
    c.result = Agreement::differ;
    c.row = n;
    if (*had) c.recorded = line_of(a->row());
    if (*has) c.again = line_of(b->row());
    if (*had) c.why = hint(a->row(), *has ? &b->row() : nullptr, asked);
    return c;
  }
}

}  // namespace bowline::store
