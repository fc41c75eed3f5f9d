// The wrapper's way to http and ws: what reaches the host's tables, and that an event is only read as far as it goes.
#include <bowline/network.hpp>
#include <bowline/plugin.hpp>
#include <bowline/testing.hpp>
#include <catch2/catch.hpp>
#include <string>

namespace {

struct Member : bowline::Host {
  explicit Member(const bowline::testing::FakeHost& host) { attach(&host.host); }
};

}  // namespace

TEST_CASE("a request reaches the host as it was written, and a refusal is passed on") {
  bowline::testing::FakeHost host;
  const Member member(host);
  const bowline::Http http(member);
  REQUIRE(http);
  CHECK(http.send({.request = 7, .lane = 1, .rate_class = 2, .cost = 3, .method = "POST", .url = "https://v/x", .headers = "A: b\r\n",
                   .body = "{}", .deadline_ns = 9, .not_after_ns = 8}) == BL_PENDING);
  REQUIRE(host.requests.size() == 1);
  const auto& q = host.requests[0];
  CHECK(q.request == 7);
  CHECK(q.lane == 1);
  CHECK(q.rate_class == 2);
  CHECK(q.cost == 3);
  CHECK(q.method + q.url + q.headers + q.body == "POSThttps://v/xA: b\r\n{}");
  CHECK(q.deadline_ns == 9);
  CHECK(q.not_after_ns == 8);
  host.http_answer = BL_E_AGAIN;
  CHECK(http.send({.request = 8}) == BL_E_AGAIN);
  CHECK(host.requests.size() == 1);
  CHECK(http.cancel(7) == BL_OK);
  CHECK(http.cancel(8) == BL_E_NOT_FOUND);
}

TEST_CASE("a host without a network is borne") {
  bowline::testing::FakeHost host;
  host.has_network = false;
  const Member member(host);
  bl_error why{};
  CHECK_FALSE(bowline::Http(member));
  CHECK(bowline::Http(member).send({.request = 1}, &why) == BL_E_UNSUPPORTED);
  CHECK(std::string(why.message).starts_with("HTTP_UNSUPPORTED: "));
  CHECK(bowline::Http().cancel(1) == BL_E_UNSUPPORTED);
  CHECK(bowline::Ws(member).open(1, "wss://v", {}, 0, &why) == BL_E_UNSUPPORTED);
  CHECK(std::string(why.message).starts_with("WS_UNSUPPORTED: "));
  CHECK(bowline::Ws().send(1, "x") == BL_E_UNSUPPORTED);
}

TEST_CASE("a reply is read only when every field is there") {
  auto r = bowline::testing::http_reply(7, 429, "slow", 5, BL_OK, "A: b\r\nRetry-After:  3 \r\nempty:\r\nno colon");
  const auto reply = bowline::HttpReply::of(r.h);
  REQUIRE(reply);
  CHECK(reply->request() == 7);
  CHECK(reply->whole());
  CHECK(reply->status() == 429);
  CHECK(reply->body() == "slow");
  CHECK(reply->received_ns() == 5);
  CHECK(reply->header("retry-after") == "3");
  CHECK(reply->header("EMPTY").empty());
  CHECK(reply->header("none").empty());
  r.outcome = BL_E_IO;
  CHECK(reply->never_sent());
  r.outcome = BL_E_UNKNOWN_OUTCOME;
  CHECK_FALSE(reply->never_sent());
  CHECK_FALSE(reply->whole());
  r.body.ptr = nullptr;  // four bytes, nowhere
  CHECK_FALSE(bowline::HttpReply::of(r.h));
  r.body.len = 0;
  CHECK(bowline::HttpReply::of(r.h));
  r.h.size = sizeof(bl_http_result) - 1;
  CHECK_FALSE(bowline::HttpReply::of(r.h));
  r.h.size = sizeof(bl_http_result) + 8;  // a later minor's
  CHECK(bowline::HttpReply::of(r.h));
  r.h.type = BL_EV_WS;
  CHECK_FALSE(bowline::HttpReply::of(r.h));
}

TEST_CASE("a WebSocket is opened once, and a kind of frame that is not known says so") {
  bowline::testing::FakeHost host;
  const Member member(host);
  const bowline::Ws ws(member);
  REQUIRE(ws.open(3, "wss://v", "A: b\r\n") == BL_PENDING);
  CHECK(ws.open(3, "wss://v") == BL_E_INVALID);
  CHECK(ws.send(3, "hello") == BL_OK);
  CHECK(ws.send(4, "hello") == BL_E_STATE);
  CHECK(host.sockets.at(0).sent == std::vector<std::string>{"hello"});
  CHECK(ws.close(3) == BL_OK);
  host.end_socket(3);
  CHECK(ws.open(3, "wss://v") == BL_PENDING);

  auto f = bowline::testing::ws_frame(3, 2, "text", 11);
  const auto frame = bowline::WsFrame::of(f.h);
  REQUIRE(frame);
  CHECK(frame->conn() == 3);
  CHECK(frame->what() == bowline::WsFrame::What::text);
  CHECK(frame->data() == "text");
  CHECK(frame->received_ns() == 11);
  f.what = 9;
  CHECK(frame->what() == bowline::WsFrame::What::other);
  f.h.size = 40;
  CHECK_FALSE(bowline::WsFrame::of(f.h));
}
