/* Emergencies over any page of the portal: told by a socket, by asking where a box has none. It takes no key away. */
(function () {
  "use strict";
  var code = window.location.pathname.split("/")[2];
  var base = "/tv/" + code + "/";
  var panel = null;
  var shown = "";
  var waits = 1000;
  var asking = null;

  function block(size, weight, text) {
    var line = document.createElement("div");
    line.style.fontSize = size + "px";
    line.style.fontWeight = weight;
    line.style.lineHeight = "1.4";
    line.appendChild(document.createTextNode(text));
    return line;
  }

  function draw(alert) {
    if (panel) { panel.parentNode.removeChild(panel); panel = null; }
    if (!alert) { return; }
    panel = document.createElement("div");
    panel.id = "emergency";
    panel.setAttribute("role", "alert");
    panel.style.position = "absolute";
    panel.style.left = "64px";
    panel.style.top = "36px";
    panel.style.width = "1082px";
    panel.style.padding = "20px 32px";
    panel.style.zIndex = "90";
    panel.style.color = "#fffaf0";
    panel.style.background = "#960c14";
    panel.style.border = "3px solid #f0cd8c";
    panel.appendChild(block(26, "normal", "应急信息"));
    panel.appendChild(block(40, "bold", alert.title));
    if (alert.text) { panel.appendChild(block(28, "normal", alert.text)); }
    document.body.appendChild(panel);
  }

  function hear(text) {
    var told, alerts, now, i, last = null;
    try { told = JSON.parse(text); } catch (problem) { return; }
    alerts = told.alerts || [];
    now = new Date().getTime();
    for (i = 0; i < alerts.length; i += 1) {
      /* A box whose clock is wrong by days must not hide what the server says stands. */
      if (!alerts[i].until || alerts[i].until > now || alerts[i].until < now - 86400000) { last = alerts[i]; }
    }
    if ((last ? last.id + last.title + last.text : "") === shown) { return; }
    shown = last ? last.id + last.title + last.text : "";
    draw(last);
  }

  function ask() {
    var request = new XMLHttpRequest();
    request.onreadystatechange = function () {
      if (request.readyState === 4 && request.status === 200) { hear(request.responseText); }
    };
    request.open("GET", base + "alerts.json", true);
    request.send();
  }

  function poll(on) {
    if (on && !asking) { ask(); asking = window.setInterval(ask, 5000); }
    if (!on && asking) { window.clearInterval(asking); asking = null; }
  }

  function listen() {
    var scheme = window.location.protocol === "https:" ? "wss://" : "ws://";
    var socket;
    try { socket = new window.WebSocket(scheme + window.location.host + base + "push"); }
    catch (problem) { poll(true); return; }
    socket.onopen = function () { waits = 1000; poll(false); };
    socket.onmessage = function (event) { hear(event.data); };
    socket.onclose = function () {
      poll(true);
      window.setTimeout(listen, waits);
      waits = Math.min(waits * 2, 60000);
    };
  }

  if (!code) { return; }
  if (window.WebSocket) { listen(); } else { poll(true); }
}());
