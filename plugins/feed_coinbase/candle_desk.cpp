#include "candle_desk.hpp"

#include <charconv>

#include "coinbase/endpoints.hpp"
#include "coinbase/market_answers.hpp"

namespace bowline::feed_coinbase {
namespace {

constexpr std::int64_t second = 1'000'000'000, first_wait = second, most_wait = 60 * second;

std::int64_t retry_after_ns(const HttpReply& reply) {
  const std::string_view text = reply.header("Retry-After");
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return read.ec == std::errc() && seconds > 0 ? std::min<std::int64_t>(seconds, 600) * second : 0;
}

}  // namespace

CandleDesk::CandleDesk(const Http& http, const FeedOptions& options, coinbase::TokenMaker* tokens, std::vector<std::string> products)
    : http_(http), options_(options), tokens_(tokens) {
  for (std::size_t i = 0; i < products.size(); ++i)
    lines_.push_back({std::move(products[i]), Backoff(options.seed + 1 + i, first_wait, most_wait)});
}

bool CandleDesk::free(std::size_t product, std::int64_t now_ns) const {
  const Line& l = lines_[product];
  return !l.out && now_ns >= l.after_ns && now_ns >= all_after_ns_;
}

void CandleDesk::failed(Line& line, std::int64_t now_ns, std::int64_t at_least_ns) {
  line.after_ns = now_ns + std::max(line.backoff.next(), at_least_ns);
}

void CandleDesk::back(std::int64_t now_ns) {
  for (Line& l : lines_) l.after_ns = std::min(l.after_ns, now_ns);
}

Result<void> CandleDesk::ask(std::size_t product, coinbase::BarRange range, std::int64_t now_ns) {
  Line& line = lines_[product];
  const auto refused = [&](Error why) {
    failed(line, now_ns, 0);
    return why;
  };
  // The venue may take the end as included: what it tells beyond the range is left out when it comes.
  const auto request = coinbase::candles(tokens_ != nullptr ? coinbase::Access::key : coinbase::Access::open, line.product,
                                         coinbase::Granularity::five_minute, range.from_ns / second, range.to_ns / second);
  if (!request) return refused(request.error());
  std::string headers;
  if (tokens_ != nullptr) {
    const auto token = tokens_->token(coinbase::word_of(request->method), options_.authority(), request->path);
    if (!token) return refused(token.error());
    headers = "Authorization: Bearer " + *token + "\r\n";
  }
  HttpRequest q;
  q.request = last_ + 1;
  q.method = coinbase::word_of(request->method);
  const std::string url = options_.rest + request->target();
  q.url = url;
  q.headers = headers;
  bl_error why{};
  if (http_.send(q, &why) < 0) return refused(Error{"FEED_REST_REFUSED", why.message[0] != '\0' ? why.message : "the host takes no request now"});
  out_.emplace(++last_, Question{product, range, now_ns});
  line.out = true;
  return {};
}

std::optional<Result<CandleAnswer>> CandleDesk::answer(const HttpReply& reply, std::int64_t now_ns) {
  const auto at = out_.find(reply.request());
  if (at == out_.end()) return std::nullopt;
  const Question question = at->second;
  out_.erase(at);
  Line& line = lines_[question.product];
  line.out = false;
  const auto fail = [&](std::string code, const std::string& what) {
    failed(line, now_ns, retry_after_ns(reply));
    return Result<CandleAnswer>(Error{std::move(code), line.product + ": " + what});
  };
  if (!reply.whole()) return fail("FEED_REST_FAILED", std::string(reply.body().substr(0, 200)));
  if (reply.status() != 200) {
    auto said = fail("FEED_REST_FAILED", "the venue answers " + std::to_string(reply.status()));
    if (reply.status() == 429) all_after_ns_ = line.after_ns;
    return said;
  }
  const auto candles = coinbase::parse_candles(reply.body());
  if (!candles) return fail("FEED_CANDLES_UNREADABLE", candles.error().code + ": " + candles.error().message);
  line.backoff.reset();
  line.after_ns = 0;
  CandleAnswer answer{question.product, question.range, question.sent_ns, {}};
  for (const coinbase::Candle& c : *candles)
    answer.rows.push_back({c.start_s, coinbase::StreamNumber::from(c.open), coinbase::StreamNumber::from(c.high), coinbase::StreamNumber::from(c.low),
                           coinbase::StreamNumber::from(c.close), coinbase::StreamNumber::from(c.volume)});
  return Result<CandleAnswer>(std::move(answer));
}

}  // namespace bowline::feed_coinbase
