// venue_probe: a small client of the simulated venue.
//   token KEY [METHOD HOST/PATH] [--shift S]    prints a token: for a request, or for a stream
//   ws CA PORT TARGET KEY ACTION...             a stream; KEY may be -, and {jwt} in a text becomes a token of it
//        text=T  read=N  until=T (prints up to a message with T)  seconds=S (prints what comes in that time)  ping  end
//   load CA PORT KEY[,KEY] CONNECTIONS ORDERS [--sign | --ahead]   limit orders that meet each other, as fast as they are answered; of two
//        keys the first buys and the second sells. --sign: a new token for each; --ahead: the same, signed before the clock starts
// Ends by itself after 120 seconds.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "line.hpp"
#include "load.hpp"
#include "token.hpp"

namespace {

using namespace venue_probe;

[[noreturn]] void stop(const std::string& why, int code = 2) {
  std::printf("%s\n", why.c_str());
  std::exit(code);
}

void say_closed(const Frame& f) {
  if (f.opcode == 8 && f.payload.size() >= 2)
    std::printf("closed %d\n", static_cast<unsigned char>(f.payload[0]) * 256 + static_cast<unsigned char>(f.payload[1]));
  else
    std::puts(f.opcode == 8 ? "closed without a code" : "cut off");
}

/// The next text message; false at the end, which is told.
bool next_text(Line& s, std::string& text) {
  for (;;) {
    Frame f = next(s);
    if (!f.whole) {
      std::printf("torn after %zu bytes\n", f.payload.size());
      return false;
    }
    if (f.opcode == 9) s.send(frame(10, f.payload));
    if (f.opcode == 10) std::puts("pong");
    if (f.opcode == 1) {
      text = std::move(f.payload);
      return true;
    }
    if (f.opcode == 8 || f.opcode == -1) {
      say_closed(f);
      return false;
    }
  }
}

void print(const std::string& text) {
  if (text.size() > 100'000) std::printf("%.200s... (%zu bytes)\n", text.c_str(), text.size());
  else std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

int streams(int argc, char** argv) {
  if (argc < 6) stop("ws CA PORT TARGET KEY ACTION...");
  Line s;
  std::string why;
  if (!s.open(argv[2], std::atoi(argv[3]), why)) stop("refused: " + why, 1);
  s.send("GET " + std::string(argv[4]) + " HTTP/1.1\r\nHost: localhost:" + argv[3] +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  const std::string head = s.take_head();
  std::printf("%s\n", head.substr(0, head.find('\r')).c_str());
  if (head.find(" 101 ") == std::string::npos || head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) return 1;
  if (head.find("permessage-deflate") != std::string::npos) std::puts("deflate");
  std::string text;
  for (int i = 6; i < argc; ++i) {
    const std::string what = argv[i];
    const auto is = [&](const char* prefix) { return what.starts_with(prefix); };
    const std::string value = what.substr(std::min(what.find('='), what.size() - 1) + 1);
    if (is("text=")) {
      std::string message = value;
      if (const auto at = message.find("{jwt}"); at != message.npos) message.replace(at, 5, token(read_key(argv[5]), ""));
      s.send(frame(1, message));
    } else if (is("read=")) {
      for (int n = std::atoi(value.c_str()); n > 0; --n) {
        if (!next_text(s, text)) return 0;
        print(text);
      }
    } else if (is("until=")) {
      do {
        if (!next_text(s, text)) return 0;
        print(text);
      } while (text.find(value) == std::string::npos);
    } else if (is("seconds=")) {
      ::alarm(0);
      std::thread([n = std::atoi(value.c_str())] {
        std::this_thread::sleep_for(std::chrono::seconds(n));
        std::puts("still open");
        std::fflush(stdout);
        ::_exit(0);
      }).detach();
      while (next_text(s, text)) print(text);
      return 0;
    } else if (what == "ping") {
      s.send(frame(9, "x"));
    } else if (what == "end") {
      while (next_text(s, text)) {
      }
      return 0;
    } else {
      stop("no such action: " + what);
    }
  }
  return 0;
}

int load(int argc, char** argv) {
  if (argc < 7) stop("load CA PORT KEY[,KEY] CONNECTIONS ORDERS [--sign | --ahead]");
  const std::string keys = argv[4], how = argc > 7 ? argv[7] : "";
  const std::size_t comma = keys.find(',');
  Load l{argv[2], std::atoi(argv[3]), keys.substr(0, comma), comma == keys.npos ? keys : keys.substr(comma + 1), std::atoi(argv[5]), std::atoi(argv[6])};
  if (how == "--sign") l.tokens = Tokens::each;
  else if (how == "--ahead") l.tokens = Tokens::ahead;
  else if (!how.empty()) stop("no such option: " + how);
  return run_load(l);
}

}  // namespace

int main(int argc, char** argv) {
  ::alarm(120);
  std::signal(SIGPIPE, SIG_IGN);  // a venue that dies is an answer, too
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "ws") return streams(argc, argv);
  if (what == "load") return load(argc, argv);
  if (what == "token" && argc > 2) {
    long shift = 0;
    std::string uri;
    for (int i = 3; i < argc; ++i) {
      if (std::strcmp(argv[i], "--shift") == 0 && i + 1 < argc) shift = std::atol(argv[++i]);
      else uri += (uri.empty() ? "" : " ") + std::string(argv[i]);
    }
    std::printf("%s\n", token(read_key(argv[2]), uri, shift).c_str());
    return 0;
  }
  stop("token, ws or load");
}
