#include "exchange/server/frame_filter.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace bowline::exchange {

std::string renumbered(std::string text, std::int64_t shift) {
  constexpr std::string_view key = "\"sequence_num\":";
  const std::size_t at = text.find(key);
  if (shift == 0 || at == std::string::npos) return text;
  const std::size_t from = at + key.size();
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data() + from, text.data() + text.size(), n);
  if (ec == std::errc()) text.replace(from, static_cast<std::size_t>(end - text.data()) - from, std::to_string(n + shift));
  return text;
}

void FrameFilter::send(Line& line, FrameOut out, std::vector<FrameOut>& to) {
  to.push_back(std::move(out));
  // What waited for this one; it does not wait for the next.
  std::move(line.behind.begin(), line.behind.end(), std::back_inserter(to));
  line.behind.clear();
}

void FrameFilter::take(Frame f, std::int64_t now_ns, std::vector<FrameOut>& to) {
  const auto known = lines_.find(f.stream);
  const std::vector<const Rule*> rules = f.text.empty() ? std::vector<const Rule*>() : rules_.frame(f.text);
  if (rules.empty() && known == lines_.end()) {
    to.push_back({f.stream, FrameOut::Kind::text, std::move(f.text), f.close_after});
    return;
  }
  Line& line = known != lines_.end() ? known->second : lines_[f.stream];
  const std::string original = std::move(f.text);
  FrameOut out{f.stream, FrameOut::Kind::text, {}, f.close_after};
  std::int64_t by_ns = 0, more = 0;
  bool gone = false, hidden = false, behind = false, twice = false, cut_off = false;
  std::vector<FieldChange> changes;
  std::uint64_t huge = 0, cut = 0;
  for (const Rule* r : rules) {
    gone |= r->act == Act::lose || r->act == Act::hide;
    hidden |= r->act == Act::hide;
    if (r->act == Act::delay) by_ns += r->by_ns;
    if (r->act == Act::skip) line.shift += static_cast<std::int64_t>(std::max<std::uint64_t>(r->count, 1));
    if (r->act == Act::duplicate) {
      twice = true;
      if (r->renumber) more = 1;
    }
    behind |= r->act == Act::reorder;
    if (r->act == Act::fields) changes.insert(changes.end(), r->changes.begin(), r->changes.end());
    if (r->act == Act::cut) cut = std::max<std::uint64_t>(r->bytes, 1);
    if (r->act == Act::huge) huge = r->bytes;
    if (r->act == Act::torn) out.kind = FrameOut::Kind::torn;
    line.mute |= r->act == Act::mute;
    cut_off |= r->act == Act::disconnect;
  }
  out.text = renumbered(original, line.shift);
  if (!changes.empty()) out.text = changed(out.text, changes);
  if (huge != 0) {  // still JSON, of a channel that nobody knows
    out.text = R"({"channel":"filler","filler":")";
    out.text.append(huge > out.text.size() + 2 ? huge - out.text.size() - 2 : 0, 'x');
    out.text += "\"}";
  }
  if (cut != 0 && cut < out.text.size()) out.text.resize(cut);
  if (hidden) line.shift -= 1;
  if (line.mute) return;  // what closes a stream is not told either
  if (cut_off) return send(line, {f.stream, FrameOut::Kind::cut, {}, false}, to);
  if (gone) {
    if (out.close_after) send(line, {f.stream, FrameOut::Kind::text, {}, true}, to);
    return;
  }
  std::vector<FrameOut> all{out};
  if (twice) {
    line.shift += more;
    all.push_back({f.stream, out.kind, renumbered(out.text, more), out.close_after});
    all.front().close_after = false;
  }
  if (by_ns > 0) {
    for (FrameOut& each : all) late_.emplace(now_ns + by_ns, std::move(each));
  } else if (behind && !out.close_after) {
    std::move(all.begin(), all.end(), std::back_inserter(line.behind));
  } else {
    for (FrameOut& each : all) send(line, std::move(each), to);
  }
}

void FrameFilter::advance(std::int64_t now_ns, std::vector<FrameOut>& to) {
  while (!late_.empty() && late_.begin()->first <= now_ns) {
    FrameOut out = std::move(late_.begin()->second);
    late_.erase(late_.begin());
    const auto line = lines_.find(out.stream);
    if (line == lines_.end() || line->second.mute) continue;
    to.push_back(std::move(out));
  }
}

void FrameFilter::closed(StreamId stream) {
  lines_.erase(stream);
  std::erase_if(late_, [&](const auto& late) { return late.second.stream == stream; });
}

}  // namespace bowline::exchange
