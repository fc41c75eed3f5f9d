// Cancels by the venue's word, where nobody here has the journal (trading rules 3.7).
#include <algorithm>

#include "services/stand_in/cancel_by_word.hpp"
#include "unit/services/desk.hpp"

using namespace bowline;
using namespace bowline::test;

namespace {

const std::string ours = "bl-0123456789abcdef0123456789abcdef";

bl_exec works(const std::string& client, std::uint32_t side, std::uint32_t state = BL_S_OPEN) {
  bl_exec e{};
  e.h.size = sizeof e;
  e.h.type = BL_EV_EXEC;
  e.h.flags = 2;
  put_text(e.client_id, client);
  put_text(e.venue_id, "v" + client.substr(0, 20));
  e.kind = BL_X_SNAPSHOT;
  e.side = side;
  e.state = state;
  return e;
}
bl_done done(std::uint64_t request, std::uint32_t complete = 1, bl_status status = BL_OK) {
  bl_done d{};
  d.h.size = sizeof d;
  d.h.type = BL_EV_DONE;
  d.request = request;
  d.status = status;
  d.complete = complete;
  return d;
}

struct Word {
  Broker broker;
  services::CancelByWord cancels{broker};
  core::Nanos now = start_ns;

  void answer(const std::vector<bl_exec>& list) {
    for (const bl_exec& e : list) cancels.hear(e.h);
    REQUIRE_FALSE(broker.queries.empty());
    cancels.hear(done(broker.queries.back().request).h);
  }
  void look() {
    now += 1'000'000'000;
    cancels.look(now);
  }
};

}  // namespace

TEST_CASE("rule 3.7: by the venue's word only what works, buys and has our mark is an entry of ours") {
  CHECK(services::entry_of_ours(works(ours, BL_BUY)));
  CHECK(services::entry_of_ours(works(ours, BL_BUY, BL_S_PENDING)));
  CHECK_FALSE(services::entry_of_ours(works(ours, BL_SELL)));
  CHECK_FALSE(services::entry_of_ours(works(ours, BL_BUY, BL_S_FILLED)));
  CHECK_FALSE(services::entry_of_ours(works(ours, BL_BUY, BL_S_UNKNOWN)));
  CHECK_FALSE(services::entry_of_ours(works("", BL_BUY)));
  CHECK_FALSE(services::entry_of_ours(works("bl-short", BL_BUY)));
  CHECK_FALSE(services::entry_of_ours(works("ex-0123456789abcdef0123456789abcdef", BL_BUY)));
  CHECK_FALSE(services::entry_of_ours(works("bl-0123456789abcdef0123456789abcdeX", BL_BUY)));
  // As core makes them.
  const auto id = core::client_order_id(1, "default", {2, 3}, core::Purpose::entry, 0, 0);
  CHECK(services::entry_of_ours(works(std::string(id.view()), BL_BUY)));
}

TEST_CASE("rule 3.7: entries of ours are cancelled, all else is left alone, until two whole answers show none") {
  Word w;
  w.look();
  w.answer({works(ours, BL_BUY), works("bl-aaaa6789abcdef0123456789abcdefaa", BL_SELL), works("", BL_BUY), works("somebody", BL_BUY)});
  CHECK_FALSE(w.cancels.over());
  w.look();
  CHECK(w.broker.cancelled == std::vector<std::string>{ours});
  CHECK(w.cancels.left_alone() == 3);
  w.answer({works(ours, BL_BUY)});  // not done yet: it is asked for again
  w.look();
  CHECK(w.broker.cancelled.size() == 2);
  w.answer({});
  CHECK_FALSE(w.cancels.over());  // one answer is no proof
  w.look();
  w.answer({});
  CHECK(w.cancels.over());
  CHECK(w.cancels.seen() == 1);
  const std::size_t asked = w.broker.queries.size();
  w.look();
  CHECK(w.broker.queries.size() == asked);
}

TEST_CASE("rule 3.7: an answer that is not whole shows nothing, and a question without one is asked again") {
  Word w;
  w.look();
  w.cancels.hear(works(ours, BL_BUY).h);
  w.cancels.hear(done(w.broker.queries.back().request, 0).h);
  CHECK_FALSE(w.cancels.answered());
  CHECK(w.cancels.trouble().code == "RECONCILE_INCOMPLETE");
  w.look();
  CHECK(w.broker.cancelled.empty());
  CHECK(w.broker.queries.size() == 2);
  for (int i = 0; i < 9; ++i) w.look();
  CHECK(w.broker.queries.size() == 2);
  w.look();
  CHECK(w.broker.queries.size() == 3);
  w.cancels.hear(done(w.broker.queries[1].request).h);  // that of the one given up counts no more
  CHECK_FALSE(w.cancels.answered());
}

TEST_CASE("rule 3.7: a cancel that the venue's plugin did not take is tried again") {
  Word w;
  w.broker.takes_cancels = false;
  w.look();
  w.answer({works(ours, BL_BUY)});
  w.look();
  CHECK(w.cancels.seen() == 0);
  CHECK(w.cancels.trouble().code == "TEST");
  w.broker.takes_cancels = true;
  w.answer({works(ours, BL_BUY)});
  w.look();
  CHECK(w.broker.cancelled == std::vector<std::string>{ours});
}
