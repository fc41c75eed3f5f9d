#include "services/stand_in/everything_notes.hpp"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace bowline::services {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kind = "everything";

std::string text_of(const ordered_json& row) { return row.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

/// Not set where it is missing or no amount.
Decimal amount_of(const ordered_json& row, const char* key) {
  const auto it = row.find(key);
  if (it == row.end() || !it->is_string()) return Decimal::not_set();
  const auto amount = Decimal::try_parse(it->get_ref<const std::string&>());
  return amount ? *amount : Decimal::not_set();
}
Decimal or_none(Decimal amount) { return amount.is_set() ? amount : Decimal::zero(); }

}  // namespace

EverythingNotes::EverythingNotes(std::unique_ptr<store::Journal> journal, const core::InstrumentTable& table, std::string id)
    : journal_(std::move(journal)), table_(&table), id_(std::move(id)) {
  journal_->name(*table_);
}

EverythingNotes EverythingNotes::in_memory(const core::InstrumentTable& table, std::string id) {
  return {store::Journal::in_memory(), table, std::move(id)};
}

Result<EverythingNotes> EverythingNotes::open(const std::filesystem::path& var, const store::Stamp& stamp, const core::InstrumentTable& table,
                                              std::string id) {
  auto file = store::Journal::open(var / file_name, stamp);
  if (!file && file.error().code == "JOURNAL_LOCKED") return file.error();
  EverythingNotes made = file ? EverythingNotes(std::move(*file), table, std::move(id)) : in_memory(table, std::move(id));
  if (!file) made.trouble_ = file.error();
  else if (auto read = made.read(); !read) made.give_up(read.error());
  return made;
}

Result<void> EverythingNotes::read() {
  return journal_->each([this](const store::JournalRow& row) -> Result<void> {
    if (row.kind != kind) return {};
    const auto r = ordered_json::parse(row.payload, nullptr, false);
    const Error bad{"JOURNAL_ROW", "a row of kind everything can't be read"};
    if (!r.is_object()) return bad;
    const auto word = [&r](const char* key) {
      const auto it = r.find(key);
      return it != r.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    if (word("id") != id_) return {};
    const std::string event = word("event"), symbol = word("instrument");
    if (event == "over") return {};
    if (symbol.empty()) return bad;
    Known& k = known_[symbol];
    if (event == "held") k.held_before = amount_of(r, "held_before");
    const auto attempt = r.find("attempt");
    if (event != "slice" && event != "ended") return {};
    if (attempt == r.end() || !attempt->is_number_unsigned()) return bad;
    k.attempt = attempt->get<std::uint32_t>() + (event == "ended" ? 1 : 0);
    if (event == "slice") return {};
    k.sold = k.sold + or_none(amount_of(r, "sold"));
    k.proceeds = k.proceeds + or_none(amount_of(r, "proceeds"));
    k.fees = k.fees + or_none(amount_of(r, "fees"));
    return {};
  });
}

EverythingNotes::Known EverythingNotes::known(std::string_view symbol) const {
  const auto it = known_.find(symbol);
  return it == known_.end() ? Known{} : it->second;
}

void EverythingNotes::held(std::string_view symbol, Decimal held_before, core::Nanos now) {
  note(text_of({{"id", id_}, {"event", "held"}, {"instrument", symbol}, {"held_before", held_before.to_string()}}), now);
}

Result<store::Journal::Durable> EverythingNotes::record(const store::Journal::Approved& sale, std::string_view symbol, std::uint32_t attempt,
                                                        core::Nanos now) {
  const store::JournalNote beside{kind, text_of({{"id", id_}, {"event", "slice"}, {"instrument", symbol}, {"attempt", attempt}})};
  std::vector<store::Journal::Durable> proof;
  auto done = journal_->record({&sale, 1}, now, proof, {&beside, 1});
  if (!done) {
    give_up(done.error());
    done = journal_->record({&sale, 1}, now, proof);
  }
  if (!done) return done.error();
  return proof.front();
}

void EverythingNotes::ended(std::string_view symbol, const Slice& s, core::Nanos now) {
  note(text_of({{"id", id_},
                {"event", "ended"},
                {"instrument", symbol},
                {"attempt", s.attempt},
                {"sold", s.sold.to_string()},
                {"proceeds", s.proceeds.to_string()},
                {"fees", s.fees.to_string()}}),
       now);
}

void EverythingNotes::over(std::string_view receipt, core::Nanos now) {
  note(text_of({{"id", id_}, {"event", "over"}, {"receipt", receipt}}), now);
  flush();
}

void EverythingNotes::note(std::string text, core::Nanos now) {
  if (auto done = journal_->note(kind, now, text); !done) give_up(done.error());
}

void EverythingNotes::flush() {
  if (auto done = journal_->flush(); !done) give_up(done.error());
}

// Sales must not wait for a disk: what is there already stays, and the rest is known to the venue alone.
void EverythingNotes::give_up(Error why) {
  if (!trouble_.code.empty()) return;
  trouble_ = std::move(why);
  journal_ = store::Journal::in_memory();
  journal_->name(*table_);
}

}  // namespace bowline::services
