#include "store/restored_row.hpp"

#include <algorithm>

#include "core/identity.hpp"
#include "store/row_json.hpp"

namespace bowline::store {

using namespace row_json;

namespace {

constexpr std::uint64_t of_an_epoch = 0x7fff'ffff'ffff'ffffu;  // SQLite's integers have a sign
constexpr std::size_t hex_digits = 64;

std::string head_of(const json& l, const char* key) {
  auto text = l.at(key).get<std::string>();
  if (text.size() != hex_digits || !std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }))
    throw Bad{std::string(key) + " is not the head of a chain"};
  return text;
}

std::uint64_t epoch_of(const json& l, const char* key) {
  const json& n = l.at(key);
  if (!n.is_number_unsigned() || n.get<std::uint64_t>() > of_an_epoch) throw Bad{std::string(key) + " is not an epoch"};
  return n.get<std::uint64_t>();
}

}  // namespace

std::string line(const RestoredRow& r) {
  Line l{{"at", r.at}, {"who", r.who}, {"why", r.why}};
  if (!r.from.empty()) l["from"] = r.from;
  l["head"] = r.head;
  if (!r.replaced.empty()) l["replaced"] = r.replaced;
  l["before"] = r.before;
  l["epoch"] = r.epoch;
  return text_of(l);
}

Result<RestoredRow> read_restored(std::string_view payload) {
  return guarded(journal_kind::restored, payload, [](const json& l) {
    RestoredRow r;
    r.at = l.at("at").get<core::Nanos>();
    r.who = l.at("who").get<std::string>();
    r.why = l.at("why").get<std::string>();
    if (l.contains("from")) r.from = l.at("from").get<std::string>();
    r.head = head_of(l, "head");
    if (l.contains("replaced")) r.replaced = head_of(l, "replaced");
    r.before = epoch_of(l, "before");
    r.epoch = epoch_of(l, "epoch");
    if (r.before == r.epoch) throw Bad{"the epoch was not renewed"};
    return r;
  });
}

std::uint64_t renewed_epoch(std::uint64_t before, std::string_view head, std::string_view replaced, std::optional<std::uint64_t> drawn) noexcept {
  const std::uint64_t made = (drawn ? *drawn : core::decision_id(before, head, 0, "restored-epoch", replaced).lo) & of_an_epoch;
  return made != before ? made : made ^ 1;
}

}  // namespace bowline::store
