#include "cli/screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/picture.hpp"

namespace bowline::cli {
namespace {

using namespace std::chrono_literals;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}
/// An amount for the eye: two decimals, rounded down. The exact one is in /portfolio.
std::string money(Decimal d) {
  if (!d.is_set()) return "-";
  const Decimal cents = floor_to(d < Decimal::zero() ? Decimal::zero() - d : d, Decimal::from_mantissa(1, -2));
  return (d < Decimal::zero() ? "-" : "") + cents.to_string();
}
std::string percent(double x) {
  char b[32];
  std::snprintf(b, sizeof b, "%.1f %%", 100 * x);
  return b;
}
TerminalSize terminal_size() {
  winsize w{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0) return {};
  return {w.ws_row, w.ws_col};
}

}  // namespace

Screen::Screen(services::Run& run, std::vector<std::string> notes)
    : run_(run), notes_(std::move(notes)), terminal_(::isatty(STDOUT_FILENO) != 0), thread_([this] { draw(); }) {}

Screen::~Screen() {
  {
    const std::scoped_lock hold(lock_);
    over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Screen::collect() {
  const services::Summary s = run_.summary();
  const services::Execution& e = run_.execution();
  const core::InstrumentTable& table = run_.instruments();
  std::string p = "bowline   " + s.mode + "   " + (s.last == 0 ? "waiting for the first bar" : core::format_time(s.last)) + "   trading " +
                  std::string(core::to_string(e.state())) + (e.gate_open() ? "" : ", gate closed") + "\n\n";
  p += "bars      " + padded(std::to_string(s.bars), 10) + "signals  BUY " + std::to_string(s.signals[1]) + "  SELL " +
       std::to_string(s.signals[2]) + "  HOLD " + std::to_string(s.signals[3]) + "\n";
  p += "accuracy  " + (s.accuracy.resolved() == 0 ? std::string("none resolved yet")
                                                  : percent(s.accuracy.accuracy()) + " of " + std::to_string(s.accuracy.resolved()) +
                                                        " resolved (base rate " + percent(s.accuracy.base_rate()) + ")") + "\n";
  p += "orders    " + padded(std::to_string(s.orders), 10) + "fills " + std::to_string(s.fills) + "  expired " + std::to_string(s.expired) +
       "  rejected " + std::to_string(s.rejected) + "\n";
  p += "equity    " + padded(money(s.equity), 14) + "cash " + padded(money(s.cash), 12) + "fees " + money(s.fees) + "\n\n";
  p += padded("product", 11) + padded("last", 14) + padded("held", 16) + padded("signal", 8) + "p_up\n";
  for (const core::Instrument& i : table.all()) {
    const core::Mark& mark = e.portfolio().mark(i.id);
    const core::Prediction& latest = run_.generator().latest(i.id);
    char up[16] = "-";
    if (latest.instrument && latest.p_up == latest.p_up) std::snprintf(up, sizeof up, "%.3f", latest.p_up);
    p += padded(i.symbol, 11) + padded(mark.last.is_set() ? mark.last.to_string() : "-", 14) +
         padded(e.portfolio().position(i.id).qty.to_string(), 16) +
         padded(latest.instrument ? std::string(core::to_string(latest.action)) : "-", 8) + up + "\n";
  }
  p += "\nworking orders\n";
  std::size_t shown = 0;
  for (const core::Order* o : e.orders().working()) {
    if (++shown > 5) break;
    p += "  " + padded(table[o->intent.instrument()].symbol, 11) + padded(std::string(core::to_string(o->intent.side())), 6) +
         padded(o->intent.qty().to_string(), 16) + padded(o->intent.limit_px().is_set() ? o->intent.limit_px().to_string() : "market", 14) +
         std::string(core::to_string(o->state)) + "\n";
  }
  if (shown == 0) p += "  none\n";
  p += "\n";
  for (const std::string& n : notes_) p += n + "\n";
  std::string line = (s.last == 0 ? std::string("-") : core::format_time(s.last)) + "  bars " + std::to_string(s.bars) + "  orders " +
                     std::to_string(s.orders) + "  fills " + std::to_string(s.fills) + "  equity " + money(s.equity) + "\n";
  const std::scoped_lock hold(lock_);
  picture_ = std::move(p);
  line_ = std::move(line);
  asked_ = false;
}

void Screen::draw() {
  if (!terminal_)
    for (const std::string& n : notes_) std::printf("%s\n", n.c_str());
  bool first = true;
  for (;;) {
    std::string text;
    {
      std::unique_lock hold(lock_);
      wake_.wait_for(hold, terminal_ ? 500ms : 10s, [this] { return over_; });
      if (over_) {
        if (terminal_ && !first) std::fputc('\n', stdout);  // what follows does not stand on the line of a ^C
        return;
      }
      text = terminal_ ? picture_ : line_;
      if (!asked_) {
        asked_ = true;
        hold.unlock();
        if (!run_.loop().post([this] { collect(); })) return;
      }
    }
    if (text.empty()) continue;
    if (terminal_) {
      const TerminalSize size = terminal_size();  // asked each time: it may have been resized
      const std::string out = (first ? "\x1b[2J" : "") + on_terminal(text, size);
      first = false;
      std::fwrite(out.data(), 1, out.size(), stdout);
    } else {
      std::fwrite(text.data(), 1, text.size(), stdout);
    }
    std::fflush(stdout);
  }
}

}  // namespace bowline::cli
