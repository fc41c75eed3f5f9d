#include "store/journal_find.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <unordered_map>

#include "store/journal_rows.hpp"

namespace bowline::store {
namespace {

using core::BookedAs;

std::string quoted(std::string_view text) { return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

/// The text behind `"key":`, with its quotes and as it is escaped there: a row is read whole only when that is one looked for.
std::string_view text_behind(std::string_view payload, std::string_view key) {
  const std::size_t at = payload.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = payload.substr(at + key.size());
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') ++i;
    else if (rest[i] == '"') return rest.substr(0, i + 1);
  }
  return {};
}

bool same(const ToldFill& f, const FillRow& row) {
  if (f.symbol != row.symbol || f.side != row.side) return false;
  if (f.as == BookedAs::reversal) return row.as == BookedAs::reversal;
  if (row.as == BookedAs::reversal || f.px != row.px || f.qty != row.qty) return false;
  return f.as != BookedAs::correction || row.as == BookedAs::correction || row.corrected;
}

}  // namespace

Result<void> find_told(const Journal& journal, std::span<ToldFill> fills, std::span<ToldOrder> orders) {
  std::unordered_multimap<std::string, ToldFill*> by_fill;  // looked up, never walked
  std::unordered_map<std::string, ToldOrder*> by_order;
  for (ToldFill& f : fills) f.known = false, by_fill.emplace(quoted(f.fill_id), &f);
  for (ToldOrder& o : orders) o.known = false, by_order.emplace(quoted(o.id.view()), &o);
  const auto done = journal.each([&](const JournalRow& row) -> Result<void> {
    if (row.kind == journal_kind::intent) {
      if (by_order.empty()) return {};
      const auto it = by_order.find(std::string(text_behind(row.payload, "\"client_id\":")));
      if (it != by_order.end()) it->second->known = true;
      return {};
    }
    if (row.kind != journal_kind::fill || by_fill.empty()) return {};
    std::string_view id = text_behind(row.payload, "\"fill_id\":");
    if (id.empty()) id = text_behind(row.payload, "\"of_fill\":");
    const auto [from, to] = by_fill.equal_range(std::string(id));
    if (from == to) return {};
    const auto booked = read_fill(row.payload);
    if (!booked) return booked.error();
    for (auto it = from; it != to; ++it)
      if (same(*it->second, *booked)) it->second->known = true;
    return {};
  });
  if (done) return {};
  for (ToldFill& f : fills) f.known = false;
  for (ToldOrder& o : orders) o.known = false;
  return done;
}

}  // namespace bowline::store
