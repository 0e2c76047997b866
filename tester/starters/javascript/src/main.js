import net from "node:net";

// The tester shows what your program prints.
console.log("The server starts.");

// ---- Stage 1: uncomment the lines from here to the end mark ----
// const server = net.createServer((connection) => {
//   console.log(`${connection.remoteAddress} has connected.`);
//   connection.end();
// });
// server.listen(4221, "127.0.0.1");
// ---- End of stage 1 ----
