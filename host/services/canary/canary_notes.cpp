#include "services/canary/canary_notes.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/identity.hpp"

namespace bowline::services {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kind = "canary";
constexpr auto legs = std::to_array<std::string_view>({"far", "buy", "stop", "sale"});

std::string text_of(const ordered_json& row) { return row.dump(-1, ' ', false, ordered_json::error_handler_t::replace); }

}  // namespace

std::string_view to_string(CanaryLeg leg) noexcept { return legs[static_cast<std::size_t>(leg)]; }

core::ClientOrderId canary_order_id(std::uint64_t epoch, std::string_view account, std::string_view symbol, std::string_view run, CanaryLeg leg,
                                    std::uint32_t attempt) noexcept {
  const auto purpose = leg == CanaryLeg::stop ? core::Purpose::stop : core::Purpose::operator_order;
  return core::client_order_id(epoch, account, core::decision_id(0, symbol, 0, "canary", run), purpose, static_cast<std::uint32_t>(leg), attempt);
}

CanaryNotes::CanaryNotes(std::unique_ptr<store::Journal> journal, const core::InstrumentTable& table) : journal_(std::move(journal)) {
  journal_->name(table);
}

CanaryNotes CanaryNotes::in_memory(const core::InstrumentTable& table) { return {store::Journal::in_memory(), table}; }

Result<CanaryNotes> CanaryNotes::open(const std::filesystem::path& var, const store::Stamp& stamp, const core::InstrumentTable& table) {
  auto file = store::Journal::open(var / file_name, stamp);
  if (!file) return file.error();
  CanaryNotes made(std::move(*file), table);
  if (auto read = made.read(); !read) return read.error();
  return made;
}

Result<void> CanaryNotes::read() {
  return journal_->each([this](const store::JournalRow& row) -> Result<void> {
    last_ = std::max(last_, row.time);
    if (row.kind != kind) return {};
    const auto r = ordered_json::parse(row.payload, nullptr, false);
    const Error bad{"JOURNAL_ROW", "a row of kind canary can't be read"};
    if (!r.is_object()) return bad;
    const auto word = [&r](const char* key) {
      const auto it = r.find(key);
      return it != r.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    const std::string event = word("event");
    if (event == "begun") {
      // One that was begun behind one without an end has brought that to its end first: it would not have begun otherwise.
      unfinished_ = Unfinished{word("run"), word("symbol"), {}};
      return unfinished_->run.empty() || unfinished_->symbol.empty() ? Result<void>(bad) : Result<void>();
    }
    if (!unfinished_) return bad;
    if (event == "over") {
      unfinished_.reset();
      return {};
    }
    const auto leg = std::find(legs.begin(), legs.end(), word("leg"));
    const auto attempt = r.find("attempt");
    if (leg == legs.end() || attempt == r.end() || !attempt->is_number_unsigned()) return bad;
    const auto which = static_cast<CanaryLeg>(leg - legs.begin());
    const auto number = attempt->get<std::uint32_t>();
    auto& sent = unfinished_->sent;
    if (event == "sent") {
      sent.push_back({which, number, row.time, {}});
    } else if (event == "never_left") {
      std::erase_if(sent, [&](const Sent& s) { return s.leg == which && s.attempt == number; });
    } else if (event == "placed") {
      const auto it = std::find_if(sent.begin(), sent.end(), [&](const Sent& s) { return s.leg == which && s.attempt == number; });
      if (it == sent.end()) return bad;
      it->venue = word("venue");
    }
    return {};
  });
}

Result<void> CanaryNotes::write(std::string row, core::Nanos now) {
  if (auto done = journal_->note(kind, now, row); !done) return done;
  return journal_->flush();
}

Result<void> CanaryNotes::begin(std::string run, std::string symbol, core::Nanos now) {
  auto done = write(text_of({{"event", "begun"}, {"run", run}, {"symbol", symbol}}), now);
  if (done) unfinished_ = Unfinished{std::move(run), std::move(symbol), {}};
  return done;
}

Result<store::Journal::Durable> CanaryNotes::record(const store::Journal::Approved& order, CanaryLeg leg, std::uint32_t attempt, core::Nanos now) {
  const store::JournalNote beside{kind, text_of({{"event", "sent"}, {"leg", to_string(leg)}, {"attempt", attempt}, {"client", order->client_id()}})};
  std::vector<store::Journal::Durable> proof;
  if (auto done = journal_->record({&order, 1}, now, proof, {&beside, 1}); !done) return done.error();
  unfinished_->sent.push_back({leg, attempt, now, {}});
  return proof.front();
}

Result<store::Journal::DurableAmendment> CanaryNotes::record(const store::Journal::ApprovedAmendment& amendment, std::string_view venue, core::Nanos now) {
  return journal_->record(amendment, now, venue);
}

Result<void> CanaryNotes::placed(CanaryLeg leg, std::uint32_t attempt, std::string_view venue, core::Nanos now) {
  for (Sent& s : unfinished_->sent)
    if (s.leg == leg && s.attempt == attempt) s.venue = venue;
  return write(text_of({{"event", "placed"}, {"leg", to_string(leg)}, {"attempt", attempt}, {"venue", venue}}), now);
}

Result<void> CanaryNotes::never_left(CanaryLeg leg, std::uint32_t attempt, core::Nanos now) {
  std::erase_if(unfinished_->sent, [&](const Sent& s) { return s.leg == leg && s.attempt == attempt; });
  return write(text_of({{"event", "never_left"}, {"leg", to_string(leg)}, {"attempt", attempt}}), now);
}

Result<void> CanaryNotes::over(bool passed, core::Nanos now) {
  auto done = write(text_of({{"event", "over"}, {"run", unfinished_ ? unfinished_->run : std::string()}, {"passed", passed}}), now);
  if (done) unfinished_.reset();
  return done;
}

}  // namespace bowline::services
