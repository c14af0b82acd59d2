// node fetch.js PROXY_PORT URL: the body of URL, fetched through a CONNECT, on standard output.
const http = require("http");
const https = require("https");

const [proxyPort, target] = process.argv.slice(2);
const url = new URL(target);
http
  .request({ host: "127.0.0.1", port: proxyPort, method: "CONNECT", path: url.host })
  .on("connect", (_, socket) =>
    https.get(url, { createConnection: () => require("tls").connect({ socket, servername: url.hostname }) }, (response) => {
      response.pipe(process.stdout);
      response.on("end", () => socket.end());
    }),
  )
  .end();
