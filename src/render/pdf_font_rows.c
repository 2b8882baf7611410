/* The font files of Debian 12 that reports are made with. Their hashes: `sha256sum` of the files of the
 * packages fonts-noto-core and fonts-noto-mono 20201225-1 and fonts-ipafont-gothic 00303-23. */
#include <stddef.h>

#include "render/pdf_font.h"

#define NOTO "/usr/share/fonts/truetype/noto/"

/* The first four in the order of enum pdf_face; pdf_font.c names some of the others by their place. */
const struct pdf_font_row pdf_font_rows[] = {
    {"NotoSans-Regular", NOTO "NotoSans-Regular.ttf", "fonts-noto-core",
     "89c3c497f618fdaa0b2d1e98fef93582f28c71debd2c4a8cdf41f190ced2909d"},
    {"NotoSans-Bold", NOTO "NotoSans-Bold.ttf", "fonts-noto-core",
     "e83493c945848ecd4a9ad0f6d19164541a0d3e23a9c952304a00a46e00272ac5"},
    {"NotoSansMono-Regular", NOTO "NotoSansMono-Regular.ttf", "fonts-noto-mono",
     "6b692c4b6d15ccf59f1c1fe8d11cb8a92f51960f3e9f1f523781755a3af7e29f"},
    {"NotoSansMono-Bold", NOTO "NotoSansMono-Bold.ttf", "fonts-noto-mono",
     "b22563d5f03b345a62115e78d8789c9ed99c2cfa8059fad6e7a5c4ced288e21e"},
    {"NotoSansHebrew-Regular", NOTO "NotoSansHebrew-Regular.ttf", "fonts-noto-core",
     "436900d5ad77d33e4234247f3076eaecd25b92b9bea0519514f684140e3566a7"},
    {"NotoSansHebrew-Bold", NOTO "NotoSansHebrew-Bold.ttf", "fonts-noto-core",
     "d3b01343f71e8a93fffb84c345a1aecbaf4694b98d0eaace916cb9eac9e6dcd3"},
    {"NotoSansArabic-Regular", NOTO "NotoSansArabic-Regular.ttf", "fonts-noto-core",
     "504d7407d86875acf7d04dfaa0fd7524d0b8797723bc4aa18022f29db25b0b6e"},
    {"NotoSansArabic-Bold", NOTO "NotoSansArabic-Bold.ttf", "fonts-noto-core",
     "ded6fc7359ca36d15d7aab9ef0c066e21ce48b26a069994d6602fa2cb9a1b952"},
    {"NotoSansArmenian-Regular", NOTO "NotoSansArmenian-Regular.ttf", "fonts-noto-core",
     "9636c32c121f4fc1fc6963dfad60ea32c41889507118a46f83a818eacf40348e"},
    {"NotoSansGeorgian-Regular", NOTO "NotoSansGeorgian-Regular.ttf", "fonts-noto-core",
     "ba75f2154fef9beac8439f94c631dc37ef9c708d32f9254bb019afdfa9aa3138"},
    {"NotoSansThai-Regular", NOTO "NotoSansThai-Regular.ttf", "fonts-noto-core",
     "dfbd5ed0f1e68c3cbc51aa08f646d1ab0e68e7c4ceab70a69e465225ff701f93"},
    {"NotoSansDevanagari-Regular", NOTO "NotoSansDevanagari-Regular.ttf", "fonts-noto-core",
     "79a470365ccb210fa3c7d8d8ff2e005ef9d983cfd067f735a0caf7e15070ca9f"},
    {"NotoSansBengali-Regular", NOTO "NotoSansBengali-Regular.ttf", "fonts-noto-core",
     "9bb35b3547829ecc42041b6017e87fd4c5f1da1edcd00f59171777050f346018"},
    {"NotoSansTamil-Regular", NOTO "NotoSansTamil-Regular.ttf", "fonts-noto-core",
     "a7bb7f92f165479af2f0556c4fd669b74c5959f464f603e18389b532f4d07a71"},
    {"NotoSansTelugu-Regular", NOTO "NotoSansTelugu-Regular.ttf", "fonts-noto-core",
     "cb3165071121b1e80c55a041d0c1f79b3bbc68e4b0eab37b0d881958dfc3ed7a"},
    {"NotoSansEthiopic-Regular", NOTO "NotoSansEthiopic-Regular.ttf", "fonts-noto-core",
     "58bc43b062961b38ee45757d2e74e6a991a12011aa0399fb03004ac432e5c852"},
    {"NotoSansSymbols-Regular", NOTO "NotoSansSymbols-Regular.ttf", "fonts-noto-core",
     "24b615ceb7d50a2c09060664ca9e24a160c9beb6bfca0563e8359369a4bc0993"},
    {"NotoSansSymbols2-Regular", NOTO "NotoSansSymbols2-Regular.ttf", "fonts-noto-core",
     "876598db5f1e3bef2bc77c4d94c5b0d5d2c1620be4878a06f18fb5434e331688"},
    {"NotoSansMath-Regular", NOTO "NotoSansMath-Regular.ttf", "fonts-noto-core",
     "8242bd1e55368b27e32455260754cf9aa58f3ad7ea80664b66c21f1b09910d6c"},
    {"IPAGothic", "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf", "fonts-ipafont-gothic",
     "503af4a8b84d1079b8e2e358dc7f7a7fb8cb7a1f212f35eaef6782dbfc75a55e"},
    {NULL, NULL, NULL, NULL},
};
